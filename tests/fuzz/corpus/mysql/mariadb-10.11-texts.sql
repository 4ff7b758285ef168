CREATE TABLE `texts` (
  `a` char(3) DEFAULT NULL,
  `b` varchar(50) NOT NULL DEFAULT 'x',
  `c` text DEFAULT NULL,
  `d` tinytext DEFAULT NULL,
  `e` mediumtext DEFAULT NULL,
  `f` longtext NOT NULL,
  `g` char(1) DEFAULT NULL,
  `h` varchar(10) DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci