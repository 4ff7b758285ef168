CREATE TABLE `charset_latin` (
  `a` varchar(10) DEFAULT NULL,
  `b` text,
  `c` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=latin1