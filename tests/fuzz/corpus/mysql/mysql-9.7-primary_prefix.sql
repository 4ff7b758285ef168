CREATE TABLE `primary_prefix` (
  `a` varchar(300) NOT NULL,
  `b` int NOT NULL,
  PRIMARY KEY (`a`(20),`b`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci