CREATE TABLE `binaries` (
  `a` binary(16) DEFAULT NULL,
  `b` varbinary(30) DEFAULT NULL,
  `c` blob DEFAULT NULL,
  `d` tinyblob DEFAULT NULL,
  `e` mediumblob DEFAULT NULL,
  `f` longblob DEFAULT NULL,
  `g` bit(3) DEFAULT NULL,
  `h` bit(1) NOT NULL DEFAULT b'1',
  `i` binary(2) DEFAULT 'ab'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci